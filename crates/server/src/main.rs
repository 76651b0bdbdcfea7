//! The binary `ossicle`: parses the command line and runs the command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use ossicle_server::CommandLine;

/// A request makes some hundred small allocations, many of which another thread frees: the C library's allocator is slow
/// at both.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    CommandLine::parse().run()
}
