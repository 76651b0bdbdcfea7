//! The server `ossicle`: HTTP, access, the OSS operations, callbacks with their journal, the console, the command line.
//! What a byte means is `ossicle-protocol`'s, how callbacks work `ossicle-callback`'s, what is kept `ossicle-store`'s.

#![forbid(unsafe_code)]

mod access;
mod app;
mod background;
mod callback;
mod cli;
mod clock;
mod config;
mod console;
mod dev;
mod encryption;
mod http;
mod lifecycle;
mod nodes;
mod observe;
mod open_files;
mod oss;
mod startup;
mod stop;
mod sts;
mod sync;
mod terminal;
mod tls;

pub use cli::CommandLine;
