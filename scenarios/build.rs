//! Has the crate built again when a data file appears or disappears, which the embedding macro
//! cannot notice by itself.

fn main() {
    for folder in ["topologies", "servers", "clients", "cases", "matrices", "programs"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
