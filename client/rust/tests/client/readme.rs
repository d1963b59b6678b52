//! The ten lines of the README compile as they stand there, and train a study.

use std::{fs, path::Path, process::Command};

use ashad_client::proto::{ParameterSpec, StudySpec};

use crate::daemon::{Daemon, spec};

#[tokio::test]
async fn the_ten_lines_train_a_whole_study() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(home.join("README.md")).unwrap();
    let example = fs::read_to_string(home.join("examples/ten_lines.rs")).unwrap();
    let (_, code) = example.split_once('\n').unwrap(); // below its docstring
    assert!(readme.contains(&format!("```rust,no_run\n{code}```")), "the README has other lines");
    let daemon = Daemon::start();
    let client = daemon.client();
    let space = vec![ParameterSpec::float("learning_rate", 1e-4, 1e-1)];
    client.create_study("digits", StudySpec { space, ..spec() }).await.unwrap();
    let test = std::env::current_exe().unwrap(); // PROFILE/deps/client-HASH
    let program = test.parent().unwrap().with_file_name("examples").join("ten_lines");
    let done = Command::new(program).env("ASHAD_ADDRESS", &daemon.address).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let counts = client.study("digits").await.unwrap().counts.unwrap();
    assert_eq!(counts.created, counts.completed);
    assert!(counts.completed > 0);
}
