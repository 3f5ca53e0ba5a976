//! The proxy and the certificates of the settings, on real sockets of this machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::sync::{Arc, Mutex};

use plume::{
    RateLimiter,
    auth::{SecureUrl, UrlGuard},
    runtime::{Clock, SystemClock},
    types::PartnerId,
};
use plume_bot::{
    plume_cloud::Plume,
    program::{Settings, typed_urls_transport},
    questions::{Account, Problem, Question},
};
use plume_telegram::{Log, UserId};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
};

const HEADER: &str = "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==";
const SSO: &str = "https://sso.example.net/oauth2/ausEXAMPLE/v1/token";
const API: &str = "https://api.example.net/api";
const PARTNER: &str = "5e00000000000000000000aa";

/// The Plume side as the program builds it from these variables, and its log.
fn plume(network: (&str, &str)) -> (Plume, Arc<Mutex<Vec<String>>>) {
    let variables = [
        ("TELEGRAM_BOT_TOKEN", "1:not-a-real-token"),
        ("PLUME_AUTH_HEADER", HEADER),
        ("PLUME_SSO_URL", SSO),
        ("PLUME_API_BASE", API),
        ("PLUME_PARTNER_ID", PARTNER),
        network,
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::read(variables, false, false).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let plume = Plume::new(
        typed_urls_transport(&settings.network, None),
        &UrlGuard::hosts(["*.example.net"]).unwrap(),
        Arc::clone(&clock),
        RateLimiter::unlimited(clock),
        Log::new(move |line| kept.lock().unwrap().push(line.to_owned())),
        settings.operator.map(|account| (account, None)),
        1,
    );
    (plume.unwrap(), lines)
}

fn typed() -> Account {
    Account {
        sso: SecureUrl::parse(SSO).unwrap(),
        header: HEADER.to_owned().into(),
        partner: PartnerId::parse(PARTNER).unwrap(),
        api: SecureUrl::parse(API).unwrap(),
        reports: None,
    }
}

/// The first line that a proxy is sent while a question is asked.
async fn first_line(proxy: &TcpListener, plume: &Plume, account: Option<Account>) -> String {
    let line = async {
        let (stream, _) = proxy.accept().await.unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        line
    };
    tokio::select! {
        line = line => line,
        answer = plume.answer(UserId(1), account, &Question::Customers(0)) => panic!("not asked: {answer:?}"),
    }
}

#[tokio::test]
async fn both_account_kinds_use_the_proxy() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let (plume, _) = plume(("PLUME_PROXY", &url));
    let connect = "CONNECT sso.example.net:443 HTTP/1.1\r\n";
    assert_eq!(first_line(&proxy, &plume, None).await, connect);
    assert_eq!(first_line(&proxy, &plume, Some(typed())).await, connect);
}

#[tokio::test]
async fn both_kinds_of_accounts_use_the_extra_certificates() {
    let path = std::env::temp_dir().join(format!("telegram-bot-roots-{}.pem", std::process::id()));
    // A certificate that cannot be read is noticed by a client that uses the file, and by no other.
    std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nbm90\n-----END CERTIFICATE-----\n").unwrap();
    let (plume, log) = plume(("PLUME_EXTRA_ROOTS", path.to_str().unwrap()));
    std::fs::remove_file(&path).unwrap();
    for account in [None, Some(typed())] {
        log.lock().unwrap().clear();
        let answer = plume.answer(UserId(1), account, &Question::Customers(0)).await;
        assert!(matches!(answer, Err(Problem::NoConnection)), "{answer:?}");
        let logged = log.lock().unwrap().join("\n");
        assert!(logged.contains("certificate"), "{logged}");
    }
}
