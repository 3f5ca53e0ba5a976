//! A Bot API of your own on a loopback address, and a chat in the terminal with the bot that uses it.
//!
//! ```text
//! cargo run -p plume-telegram --features stand-in --example stand-in -- 127.0.0.1:8081
//! ```
//!
//! Give your bot's library the printed address as the base of the Bot API, and the printed token. Stdin may be a script;
//! without any input the program only serves.

use std::{
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
    sync::Arc,
};

use plume_runtime::SystemClock;
use plume_telegram::stand_in::{StandIn, TOKEN, terminal};

#[tokio::main]
async fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let Ok(address) = address.parse::<SocketAddr>() else {
        let _ = writeln!(io::stderr(), "error: give an address such as 127.0.0.1:8081");
        return ExitCode::from(2);
    };
    let stand_in = StandIn::new(Arc::new(SystemClock::new()));
    let told = |address: SocketAddr| {
        let _ = writeln!(io::stdout(), "The Bot API is at http://{address} and the bot's token is {TOKEN}");
    };
    let ended = tokio::select! {
        served = stand_in.serve(address, told) => served,
        chatted = terminal::serve(&stand_in, io::stdin().is_terminal()) => chatted,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    match ended {
        // A thread may still wait for a line of stdin, so the runtime must not wait for it.
        Ok(()) => std::process::exit(0),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: failed to serve the stand-in at {address}: {error}");
            std::process::exit(1)
        }
    }
}
