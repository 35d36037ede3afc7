//! Guards of the seam: the real tokio has exactly one dependent, the package of the same name in
//! `harness/tokio`. Were anything to reach the real one directly, its sockets would be real.

use std::process::Command;

fn tree(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--charset", "ascii"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree {arguments:?} failed: {errors}");
    String::from_utf8(output.stdout).expect("cargo prints text")
}

#[test]
fn only_the_seam_depends_on_the_real_tokio() {
    let printed = tree(&[
        "--workspace",
        "--invert",
        "tokio@1.54.1",
        "--depth",
        "1",
        "--edges",
        "normal,build,dev",
    ]);
    let packages: Vec<&str> =
        printed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let versions: Vec<&str> =
        printed.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(packages, ["tokio", "tokio"], "{printed}");
    assert_eq!(versions, ["v1.54.1", "v1.54.100"], "{printed}");
}

#[test]
fn every_member_resolves_by_itself() {
    for member in ["pasvlab", "pasvlab-harness", "pasvlab-report", "pasvlab-scenarios"] {
        tree(&["--package", member, "--depth", "1"]);
    }
}
