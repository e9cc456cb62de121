//! Where a program keeps what belongs to a person.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use super::StoreError;

const MAX_NAME: usize = 64;

/// The folder for the logins of `program`, below the one that the operating system has for the data
/// of programs.
pub(super) fn login_folder(program: &str) -> Result<PathBuf, StoreError> {
    let program = checked(program)?;
    let folders = etcetera::base_strategy::choose_native_strategy()
        .map_err(|error| StoreError::NoHome(Box::new(error)))?;
    Ok(folders.data_dir().join(program).join("login"))
}

/// `program`, if it names a folder and nothing else, on every operating system.
pub(super) fn checked(program: &str) -> Result<&str, StoreError> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let fits = program.len() <= MAX_NAME
        && program.as_bytes().first().is_some_and(is_plain)
        && program.as_bytes().last().is_some_and(is_plain)
        && program
            .bytes()
            .all(|byte| is_plain(&byte) || matches!(byte, b'-' | b'_' | b'.'));
    if fits {
        Ok(program)
    } else {
        Err(StoreError::ProgramName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_folder() {
        for name in ["thyra", "a", "my-program", "org.example_tool.2"] {
            assert_eq!(checked(name).unwrap(), name);
        }
        let long = "x".repeat(MAX_NAME + 1);
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "ends.",
            "-x",
            "a/b",
            "a\\b",
            "a b",
            "C:",
            "\u{e9}t\u{e9}",
            "a\0",
            &long,
        ] {
            let error = login_folder(name).unwrap_err();
            assert!(matches!(error, StoreError::ProgramName), "{name:?}");
        }
    }

    #[test]
    fn logins_are_below_the_data_of_the_person() {
        let folder = login_folder("thyra-test").unwrap();
        assert!(folder.is_absolute(), "{}", folder.display());
        assert!(folder.ends_with("thyra-test/login"), "{}", folder.display());
    }
}
