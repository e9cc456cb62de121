//! `#[arg(header = "Region")]`: an argument that HTTP requests repeat as a header (MCP 2026-07-28,
//! `x-mcp-header`).

use syn::{Error, GenericArgument, LitStr, PathArguments, Result, Type, TypePath};

/// Refuses a name that is no header's, and an argument that a header cannot hold, as far as a macro
/// can see that.
pub(super) fn check(header: &LitStr, argument: &Type) -> Result<()> {
    let name = header.value();
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Error::new(
            header.span(),
            "the name of a header is made of letters, digits and ``!#$%&'*+-.^_`|~``: `header = \"Region\"` is `Mcp-Param-Region`",
        ));
    }
    match objection(argument) {
        Some(objection) => Err(Error::new_spanned(
            argument,
            format!("{objection}: use text, an integer or `bool`, or leave `header` out"),
        )),
        None => Ok(()),
    }
}

/// RFC 9110, section 5.6.2: `tchar`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn objection(argument: &Type) -> Option<&'static str> {
    match argument {
        Type::Array(_) | Type::Tuple(_) => Some("a header does not hold several values"),
        Type::Path(path) => objection_to_path(path),
        _ => None,
    }
}

fn objection_to_path(path: &TypePath) -> Option<&'static str> {
    let last = path.path.segments.last()?;
    match last.ident.to_string().as_str() {
        "f32" | "f64" => Some("a header does not hold a number with a fraction"),
        "Vec" | "VecDeque" | "HashSet" | "BTreeSet" => {
            Some("a header does not hold several values")
        }
        "HashMap" | "BTreeMap" | "Map" | "Value" => Some("a header does not hold an object"),
        "Option" => match &last.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().find_map(|argument| match argument {
                    GenericArgument::Type(inner) => objection(inner),
                    _ => None,
                })
            }
            _ => None,
        },
        _ => None,
    }
}
