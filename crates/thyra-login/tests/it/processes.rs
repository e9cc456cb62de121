//! Programs that share a store, each a process of its own. The authorization server ends a login
//! when one refresh token is used twice.

use std::process::Stdio;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use thyra_login::{
    FollowRedirects, Login, Need, OAuth, StoreError, StoreKey, StoreLock, TokenStore,
};
use thyra_oauth::{ManualClock, Secret};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::world::World;

/// What a process of this test is told to do, by another one: where the store is, and the resource.
const FOLDER: &str = "LOGIN_PROGRAM_FOLDER";
const RESOURCE: &str = "LOGIN_PROGRAM_RESOURCE";
const UNIX: &str = "LOGIN_PROGRAM_UNIX";
/// Where the process stands still for ever, if anywhere: `locked` or `renewed`.
const STOP: &str = "LOGIN_PROGRAM_STOP";
/// The end of a line that is said by the program, not by what runs the test.
const MARK: &str = "<program>";
/// How long a process may be silent before the test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A store that says what is done with it, and may stand still.
#[derive(Debug)]
struct Told {
    store: Box<dyn TokenStore>,
    stop: Option<String>,
}

fn say(text: &str) {
    println!("{text}{MARK}");
}

impl Told {
    async fn reach(&self, place: &str) {
        say(place);
        if self.stop.as_deref() == Some(place) {
            std::future::pending::<()>().await;
        }
    }
}

impl TokenStore for Told {
    fn load<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Secret>, StoreError>> {
        self.store.load(key)
    }

    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        value: &'a Secret,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.reach("renewed").await;
            self.store.save(key, value).await
        }
        .boxed()
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.remove(key)
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        async move {
            self.reach("waits").await;
            let lock = self.store.lock(key).await?;
            self.reach("locked").await;
            Ok(lock)
        }
        .boxed()
    }
}

#[cfg(feature = "keyring")]
fn store(folder: &str) -> Box<dyn TokenStore> {
    let store = thyra_login::KeyringStore::in_folder("thyra-test", folder).unwrap();
    Box::new(store.or_file())
}

#[cfg(not(feature = "keyring"))]
fn store(folder: &str) -> Box<dyn TokenStore> {
    Box::new(thyra_login::FileStore::new(folder).sealed([7; 32]))
}

/// What a process of this test does: for each line, which says how many seconds have passed, it
/// gets its token, and says which.
async fn play(folder: &str) {
    let variable = |name| std::env::var(name).unwrap();
    let unix = Duration::from_secs(variable(UNIX).parse().unwrap());
    let clock = ManualClock::new(unix);
    let store = Told {
        store: store(folder),
        stop: std::env::var(STOP).ok(),
    };
    let oauth = OAuth::new(FollowRedirects::new())
        .store(store)
        .clock(clock.clone());
    let login = Login::new(&variable(RESOURCE), oauth).unwrap();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        clock.advance(Duration::from_secs(line.parse().unwrap()));
        match login.tokens().await {
            Ok(Some(tokens)) => say(&format!("token {}", tokens.access().expose())),
            Ok(None) => {
                login.obtain(Need::Token(None), None).await.unwrap();
                let tokens = login.tokens().await.unwrap().unwrap();
                say(&format!("login {}", tokens.access().expose()));
            }
            Err(error) => say(&format!("error {error}")),
        }
    }
}

/// A process that plays its part.
struct Program {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(world: &World, folder: &std::path::Path, test: &str, stop: Option<&str>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                &format!("processes::{test}"),
                "--nocapture",
                "--quiet",
            ])
            .env(FOLDER, folder)
            .env(RESOURCE, &world.url)
            .env(UNIX, world.now().to_string())
            // No keyring of the person who runs the tests is touched.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(stop) = stop {
            command.env(STOP, stop);
        }
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    /// Says how many seconds have passed, and that a token is wanted.
    async fn go(&mut self, seconds: u64) {
        let line = format!("{seconds}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    /// What the program says next.
    async fn hear(&mut self) -> String {
        loop {
            let line = timeout(PATIENCE, self.output.next_line()).await;
            let line = line.unwrap().unwrap().unwrap();
            if let Some(text) = line.strip_suffix(MARK) {
                return text.to_owned();
            }
        }
    }

    async fn reaches(&mut self, place: &str) {
        while self.hear().await != place {}
    }

    /// The token that the program gets, and how: `token` or `login`.
    async fn answer(&mut self) -> (String, String) {
        loop {
            if let Some((how, token)) = self.hear().await.split_once(' ') {
                return (how.to_owned(), token.to_owned());
            }
        }
    }

    async fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().await.unwrap().success());
    }

    /// Ends it at once, as SIGKILL does.
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Whether this process is one that another one has started. Then it has played its part.
async fn has_played() -> bool {
    match std::env::var(FOLDER) {
        Ok(folder) => {
            play(&folder).await;
            true
        }
        Err(_) => false,
    }
}

#[tokio::test]
async fn programs_that_renew_at_the_same_time_use_a_refresh_token_once() {
    if has_played().await {
        return;
    }
    let (world, folder) = (World::renewable().await, tempfile::tempdir().unwrap());
    let name = "programs_that_renew_at_the_same_time_use_a_refresh_token_once";
    let mut programs: Vec<_> = (0..3)
        .map(|_| Program::start(&world, folder.path(), name, None))
        .collect();
    programs[0].go(0).await;
    let (how, first) = programs[0].answer().await;
    assert_eq!(how, "login");
    for program in &mut programs[1..] {
        program.go(0).await;
        assert_eq!(program.answer().await, ("token".to_owned(), first.clone()));
    }

    let mut old = first;
    for round in 1..=5 {
        world.advance(280);
        for program in &mut programs {
            program.go(280).await;
        }
        let answers = join_all(programs.iter_mut().map(Program::answer)).await;
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
        let (how, new) = answers[0].clone();
        assert_eq!(how, "token");
        assert_ne!(new, old);
        assert_eq!(world.requests("/token"), 1 + round);
        old = new;
    }
    // The login is as good as before.
    assert_eq!(world.requests("/authorize"), 1);
    for program in programs {
        program.end().await;
    }
}

#[tokio::test]
async fn a_program_that_is_killed_while_it_holds_the_lock_holds_nobody_up() {
    if has_played().await {
        return;
    }
    let (world, folder) = (World::renewable().await, tempfile::tempdir().unwrap());
    let name = "a_program_that_is_killed_while_it_holds_the_lock_holds_nobody_up";
    let start = |stop| Program::start(&world, folder.path(), name, stop);
    let mut one = start(None);
    one.go(0).await;
    let (_, old) = one.answer().await;

    world.advance(280);
    let mut killed = start(Some("locked"));
    killed.go(0).await;
    killed.reaches("locked").await;
    one.go(280).await;
    one.reaches("waits").await;
    killed.kill().await;
    let (how, new) = one.answer().await;
    assert_eq!(how, "token");
    assert_ne!(new, old);
    assert_eq!(world.requests("/token"), 2);
    one.end().await;
}

#[tokio::test]
async fn a_program_that_is_killed_with_the_new_token_costs_a_login_and_no_more() {
    if has_played().await {
        return;
    }
    let (world, folder) = (World::renewable().await, tempfile::tempdir().unwrap());
    let name = "a_program_that_is_killed_with_the_new_token_costs_a_login_and_no_more";
    let start = |stop| Program::start(&world, folder.path(), name, stop);
    let mut one = start(None);
    one.go(0).await;
    one.answer().await;

    world.advance(280);
    let mut killed = start(Some("renewed"));
    killed.go(0).await;
    killed.reaches("renewed").await;
    killed.kill().await;
    one.go(280).await;
    let (how, new) = one.answer().await;
    assert_eq!(how, "login");
    // Nobody used the old refresh token more than once beyond what the killed program did.
    assert_eq!(world.requests("/token"), 4);
    let mut next = start(None);
    next.go(0).await;
    assert_eq!(next.answer().await, ("token".to_owned(), new));
    next.end().await;
    one.end().await;
}
