//! The FTP programs that run on simulated hosts.
//!
//! - [`server`] — libunftp, configured as a server file says.
//! - [`client`] — suppaftp, steered as a client file says.
//! - [`files`] — what is in the files that they exchange.

pub mod client;
pub mod files;
pub mod server;
