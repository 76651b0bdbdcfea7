//! The server `ossicle`: HTTP, access, the OSS operations, callbacks with their journal, the console, the command line.
//! What a byte means is `ossicle-protocol`'s, how callbacks work `ossicle-callback`'s, what is kept `ossicle-store`'s.

#![forbid(unsafe_code)]

mod abandoned_uploads;
mod access_log;
mod acl;
mod announced;
mod app;
mod attributes;
mod auth;
mod authorize;
mod background;
mod call;
mod callback;
mod caller_overrides;
mod cli;
mod client_encryption;
mod clock;
mod conditions;
mod config;
mod configurations;
mod console;
mod copy_source;
mod dev;

mod endpoints;
mod failure;
mod form;
mod http;
mod kept;
mod lifecycle;
mod logging;
mod metrics;
mod object_lookup;
mod open_files;
mod ops;
mod paging;
mod public_key;
mod request;
mod request_id;
mod resource_group;
mod service;
mod settings;
mod startup;
mod stop;
mod tags;
mod terminal;
mod throttle;
mod tls;
mod upload_body;

pub use cli::CommandLine;
