//! What can be set, and what cannot be right.

use std::time::Duration;

use ashad_client::Options;

#[test]
fn addresses() {
    for (given, found) in [
        ("", "127.0.0.1:2742"),
        ("gpu-head", "gpu-head:2742"),
        ("gpu-head:99", "gpu-head:99"),
        ("[::1]", "[::1]:2742"),
        ("[::1]:99", "[::1]:99"),
        ("unix:/run/ashad.sock", "unix:/run/ashad.sock"),
        ("dns:///gpu-head:99", "gpu-head:99"),
        ("ipv4:127.0.0.1:99", "127.0.0.1:99"),
    ] {
        assert_eq!(Options::new().address(given).connect().unwrap().address(), found);
    }
    for wrong in [
        "http://gpu-head:99",
        "gpu-head:",
        "gpu-head:x",
        ":99",
        "::1",
        "me@gpu-head",
        "a b",
        "h:1/x",
    ] {
        let error = Options::new().address(wrong).connect().unwrap_err();
        assert_eq!(error.reason(), "INVALID_ARGUMENT");
        assert!(error.message().contains("address: "), "{error}");
    }
}

#[test]
fn workers() {
    let (one, two) = (Options::new().connect().unwrap(), Options::new().connect().unwrap());
    assert_ne!(one.worker(), two.worker());
    assert!(one.worker().contains(&std::process::id().to_string()), "{}", one.worker());
    assert_eq!(one.worker(), one.clone().worker());
    assert_eq!(Options::new().worker("slot-3").connect().unwrap().worker(), "slot-3");
    for wrong in ["a\nb", "ü", "a b", &"x".repeat(201)] {
        let error = Options::new().worker(wrong).connect().unwrap_err();
        assert!(error.message().contains("worker: 1 to 200"), "{error}");
    }
}

#[tokio::test]
async fn times() {
    let error = Options::new().max_wait(Duration::from_secs(301)).connect().unwrap_err();
    assert!(error.message().contains("max_wait: at most 300 s"), "{error}");
    let long = Options::new()
        .outage(Duration::MAX)
        .close_timeout(Duration::MAX)
        .call_timeout(Duration::MAX);
    long.connect().unwrap().close().await;
}
