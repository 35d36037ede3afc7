//! pasvlab's data, and the code that reads it.
//!
//! A cell of the laboratory is a topology, a value of the server's PassiveIp setting and a client.
//! All three are TOML files; this crate has the built-in ones inside it and reads more from a
//! directory.
//!
//! | module | what is in it |
//! |---|---|
//! | [`model`] | what a scenario is, once it has been read and found sound |
//! | [`schema`] | how a TOML file spells it: every key, its unit, its default |
//! | [`load`] | from one to the other, with every check |
//! | [`error`] | what a failed check looks like: file, line, column, hint |
//! | [`catalog`] | all files together, and the references between them |
//! | [`matrix`] | cells, and the expansion of a matrix into cells |
//!
//! ```
//! let catalog = pasvlab_scenarios::Catalog::builtin()?;
//! let topology = catalog.topology("privatelink")?;
//! assert_eq!(topology.client().id, "client");
//! assert!(topology.announced("endpoint").is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod balancing;
pub mod catalog;
mod client;
pub mod error;
mod gateway;
mod ground;
mod kind;
pub mod load;
pub mod matrix;
pub mod model;
pub mod schema;
pub mod situation;
mod spelling;
pub mod start;
mod suggest;
mod topology;

pub use catalog::{Catalog, UnknownId};
pub use error::{LoadError, Location, Problem};
pub use kind::Kind;
pub use matrix::{CellId, CellIdError, Clients, Selection, expand};
pub use model::*;
pub use situation::{Situation, SituationError, Situations};
pub use spelling::spelled;

/// Id of the server of a cell for which none is named.
pub const DEFAULT_SERVER: &str = "transfer-family";
/// The same for a client that was told to use TLS.
pub const DEFAULT_SERVER_IN_TLS: &str = "transfer-family-ftps";
