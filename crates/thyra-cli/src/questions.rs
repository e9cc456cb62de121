//! Questions of a server, put to the person at the terminal.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use thyra_client::{
    ElicitAction, ElicitFormParams, ElicitParams, ElicitResult, ElicitUrlParams, Field, Form,
    Printable, SystemBrowser,
};

use crate::output::shown;
use crate::progress::Progress;

/// What becomes of a page that the person agrees to visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pages {
    Opened,
    /// The person opens them.
    Shown,
}

/// Answers a question: the person at the terminal does, or nobody if there is none.
pub(crate) async fn answer(
    question: ElicitParams,
    pages: Pages,
    progress: Progress,
) -> ElicitResult {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        eprintln!("{}", declined(&question));
        return ElicitResult::decline();
    }
    progress.pause();
    // The person may take their time, and the server goes on talking in the meantime.
    let page = match &question {
        ElicitParams::Url(page) => Some(page.url.clone()),
        _ => None,
    };
    let asked = tokio::task::spawn_blocking(move || ask(&mut Standard, &question, pages)).await;
    progress.resume();
    let agreed = matches!(&asked, Ok(Ok(result)) if result.action == ElicitAction::Accept);
    if let Some(page) = page.filter(|_| agreed && pages == Pages::Opened)
        && !SystemBrowser::new().show_page(&page).await
    {
        eprintln!("no browser was opened; open the page yourself");
    }
    match asked {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            eprintln!("the terminal cannot be used, so the question is cancelled: {error}");
            ElicitResult::cancel()
        }
        Err(_) => ElicitResult::cancel(),
    }
}

/// What is said when nobody is there to answer.
fn declined(question: &ElicitParams) -> String {
    let message = match question {
        ElicitParams::Form(form) => form.message.as_str(),
        ElicitParams::Url(page) => page.message.as_str(),
        _ => "something that this version does not know",
    };
    format!(
        "the server asks, and is told that you decline, since nobody is at a terminal: {:.500}",
        Printable(message)
    )
}

/// A person to talk with.
trait Person {
    fn say(&mut self, text: &str) -> io::Result<()>;
    /// What the person types after `prompt`; `None` for the end of the input (Ctrl-D).
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>>;
}

/// The person at the terminal. Standard output stays free for the answer.
struct Standard;

impl Person for Standard {
    fn say(&mut self, text: &str) -> io::Result<()> {
        let mut errors = io::stderr().lock();
        errors.write_all(text.as_bytes())?;
        errors.flush()
    }

    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        self.say(prompt)?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            self.say("\n")?;
            return Ok(None);
        }
        let line = line.strip_suffix('\n').unwrap_or(&line);
        Ok(Some(line.strip_suffix('\r').unwrap_or(line).to_owned()))
    }
}

fn ask(
    person: &mut impl Person,
    question: &ElicitParams,
    pages: Pages,
) -> io::Result<ElicitResult> {
    match question {
        ElicitParams::Form(form) => fill_in(person, form),
        ElicitParams::Url(page) => visit(person, page, pages),
        _ => Ok(ElicitResult::cancel()),
    }
}

/// Asks for one field after the other, and then whether to send the answers.
fn fill_in(person: &mut impl Person, question: &ElicitFormParams) -> io::Result<ElicitResult> {
    person.say(&format!(
        "\nThe server asks: {}\n",
        shown(question.message.trim())
    ))?;
    let form = match Form::of(question) {
        Ok(form) => form,
        Err(error) => {
            person.say(&format!("{}\n", Printable(error)))?;
            return Ok(ElicitResult::cancel());
        }
    };
    if !form.fields().is_empty() {
        person.say("(Enter takes what is in brackets; Ctrl-D answers nothing)\n")?;
    }
    let mut answers = serde_json::Map::new();
    for field in form.fields() {
        match field_of(person, field)? {
            Filled::With(answer) => {
                answers.insert(field.name().to_owned(), answer);
            }
            Filled::Not => {}
            Filled::End => return Ok(ElicitResult::cancel()),
        }
    }
    Ok(match agrees(person, "Send this to the server?")? {
        Some(true) => ElicitResult::accept(answers),
        Some(false) => ElicitResult::decline(),
        None => ElicitResult::cancel(),
    })
}

/// What came of one field.
enum Filled {
    With(serde_json::Value),
    /// The person leaves it out.
    Not,
    /// The person answers no more.
    End,
}

fn field_of(person: &mut impl Person, field: &Field) -> io::Result<Filled> {
    let mut prompt = format!("{}", Printable(field.label()));
    if let Some(description) = field.description() {
        // A text takes whatever is written to it.
        let _ = write!(prompt, " - {}", Printable(description));
    }
    let _ = write!(prompt, " ({})", field.expected());
    match field.default() {
        Some(default) => {
            let _ = write!(prompt, " [{}]", Printable(default));
        }
        None if !field.is_required() => prompt.push_str(" [nothing]"),
        None => {}
    }
    prompt.push_str(": ");
    loop {
        let Some(typed) = person.ask(&prompt)? else {
            return Ok(Filled::End);
        };
        if typed.is_empty() && (field.default().is_some() || !field.is_required()) {
            return Ok(field.default().cloned().map_or(Filled::Not, Filled::With));
        }
        match field.parse(&typed) {
            Ok(answer) => return Ok(Filled::With(answer)),
            Err(error) => person.say(&format!("{}\n", Printable(error)))?,
        }
    }
}

/// Shows the whole address of a page, and says that the person agreed only if they did.
fn visit(
    person: &mut impl Person,
    page: &ElicitUrlParams,
    pages: Pages,
) -> io::Result<ElicitResult> {
    person.say(&format!(
        "\nThe server asks you to visit a page: {}\n\n  {}\n\n",
        shown(page.message.trim()),
        Printable(&page.url)
    ))?;
    let question = match pages {
        Pages::Opened => "Open this page in your browser?",
        Pages::Shown => "Do you agree, and open this page yourself?",
    };
    Ok(match agrees(person, question)? {
        Some(true) => ElicitResult::agree(),
        Some(false) => ElicitResult::decline(),
        None => ElicitResult::cancel(),
    })
}

/// Whether the person says yes; `None` for no answer.
fn agrees(person: &mut impl Person, question: &str) -> io::Result<Option<bool>> {
    loop {
        let Some(typed) = person.ask(&format!("{question} (yes or no): "))? else {
            return Ok(None);
        };
        match typed.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(Some(true)),
            "n" | "no" => return Ok(Some(false)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
