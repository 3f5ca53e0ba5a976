//! The call limit, seen from the other end of the wire.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use chrono::DateTime;
use plume_auth::{SecureUrl, StaticToken};
use plume_client::{CallRate, Client, RateLimiter};
use plume_runtime::{Clock, InProcess, ManualClock};

use crate::cloud::{Cloud, NODES, START};
use testkit::replies::reply;

/// The most requests within any span of this length, looking at every start.
fn most_within(times: &[Duration], span: Duration) -> usize {
    let mut start = 0;
    let mut most = 0;
    for (end, time) in times.iter().enumerate() {
        while *time - times[start] >= span {
            start += 1;
        }
        most = most.max(end + 1 - start);
    }
    most
}

const WINDOW: Duration = Duration::from_secs(300);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
pub(crate) async fn no_window_sees_more_calls_than_the_limit() {
    let cloud = Cloud::answering(|_| reply(200, NODES));
    for _ in 0..2_001 {
        assert_eq!(cloud.nodes().await.unwrap(), 1);
    }
    // A pause in the middle, so that a window with a burst at either end is tested too.
    cloud.clock.advance(Duration::from_secs(40));
    for _ in 0..2_001 {
        assert_eq!(cloud.nodes().await.unwrap(), 1);
    }
    let times = cloud.times();
    assert!(most_within(&times, WINDOW) <= 1_900, "{} in 300 s", most_within(&times, WINDOW));
    assert!(most_within(&times, SECOND) <= 26, "{} in 1 s", most_within(&times, SECOND));
    // Caution must not turn into sloth: six a second are allowed.
    let rate = times.len() as f64 / times.last().unwrap().as_secs_f64();
    assert!(rate > 5.5, "{rate} calls per second");
    cloud.ends_with(4_002, 1);
}

#[tokio::test]
pub(crate) async fn after_a_suspend_or_a_jump_of_the_clock_the_burst_is_no_larger() {
    let jumps: [fn(&ManualClock); 5] = [
        |clock| clock.advance(Duration::from_secs(7_200)),
        |clock| clock.set_wall(DateTime::UNIX_EPOCH + START + Duration::from_secs(86_400)),
        |clock| clock.set_wall(DateTime::UNIX_EPOCH + START - Duration::from_secs(86_400)),
        |clock| clock.set_wall(DateTime::UNIX_EPOCH),
        |clock| clock.advance(Duration::from_secs(1)),
    ];
    for jump in jumps {
        let cloud = Cloud::answering(|_| reply(200, NODES));
        for _ in 0..100 {
            cloud.nodes().await.unwrap();
        }
        jump(&cloud.clock);
        for _ in 0..100 {
            cloud.nodes().await.unwrap();
        }
        let times = cloud.times();
        assert!(most_within(&times, Duration::from_millis(1)) <= 20, "a burst above 20");
        assert!(most_within(&times, SECOND) <= 26);
        assert!(most_within(&times, WINDOW) <= 1_900);
        let tokens = cloud.tokens_issued();
        assert!(tokens <= 2, "a jump of the clock may cost one token");
        cloud.ends_with(200, tokens);
    }
}

/// Counts itself while it lives.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn start(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Succeeds after this many checks.
struct After(u32);

impl Future for After {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[tokio::test]
pub(crate) async fn ten_thousand_calls_dropped_at_any_point_leave_nothing_behind() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let (under_way, reached) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, arrivals) = (Arc::clone(&under_way), Arc::clone(&reached));
    let client = Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .transport(Arc::new(InProcess::new(move |_| {
            arrivals.fetch_add(1, Ordering::SeqCst);
            let guard = UnderWay::start(&counter);
            async move {
                After(3).await;
                drop(guard);
                reply(200, NODES)
            }
        })))
        .rate_limiter(RateLimiter::new(CallRate::default(), Arc::clone(&shared)))
        .clock(shared)
        .build()
        .unwrap();
    let home = client.customer("c1").location("l1");
    let mut random = fastrand::Rng::with_seed(7);
    let mut context = Context::from_waker(Waker::noop());
    let (mut finished, mut dropped) = (0, 0);
    // Twenty side by side: some wait for the limit, some for the answer, and all may go at any time.
    for _ in 0..500 {
        let mut calls: Vec<_> = (0..20).map(|_| Some(Box::pin(home.nodes()))).collect();
        for _ in 0..60 {
            if calls.iter().all(Option::is_none) {
                break;
            }
            let index = random.usize(..calls.len());
            let slot = &mut calls[index];
            let Some(call) = slot else { continue };
            if random.u8(..10) == 0 {
                *slot = None;
                dropped += 1;
            } else if let Poll::Ready(result) = call.as_mut().poll(&mut context) {
                assert_eq!(result.unwrap().len(), 1);
                *slot = None;
                finished += 1;
            }
            if random.u8(..20) == 0 {
                clock.advance(Duration::from_millis(random.u64(..2_000)));
            }
        }
        dropped += calls.iter().flatten().count();
    }
    assert_eq!(finished + dropped, 10_000);
    assert!(finished > 100 && dropped > 5_000, "{finished} finished, {dropped} dropped");
    assert_eq!(under_way.load(Ordering::SeqCst), 0, "an exchange outlives its call");
    assert_eq!(clock.sleepers(), 0, "a wait outlives its call");
    assert_eq!(client.calls_made(), reached.load(Ordering::SeqCst) as u64);
    // Every place that was not used is free again, so a whole burst passes at once.
    clock.advance(WINDOW);
    assert_eq!(client.rate_limiter().budget_left(), Some(1_900));
    for _ in 0..20 {
        assert_eq!(home.nodes().await.unwrap().len(), 1);
    }
}

#[tokio::test]
pub(crate) async fn one_tenant_that_floods_leaves_the_others_their_share() {
    const EVERY: Duration = Duration::from_secs(10);
    const ROUNDS: usize = 24;
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let limiter = RateLimiter::new(CallRate::default(), Arc::clone(&shared));
    let tenant = |name: String| {
        Client::builder()
            .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
            .token_provider(StaticToken::new("not.a.token").unwrap())
            .transport(Arc::new(InProcess::new(|_| async { reply(200, NODES) })))
            .rate_limiter(limiter.clone())
            .tenant(name)
            .clock(Arc::clone(&shared))
            .build()
            .unwrap()
    };
    let flooding = tenant("flood".to_owned());
    let mut tasks = Vec::new();
    for _ in 0..200 {
        let client = flooding.clone();
        tasks.push(tokio::spawn(async move {
            loop {
                // It is called again at once, whether it passes or has to wait.
                let _ = client.customer("c1").location("l1").nodes().await;
                tokio::task::yield_now().await;
            }
        }));
    }
    let polite: Vec<_> = (0..49).map(|number| tenant(format!("polite {number}"))).collect();
    let served: Vec<_> = polite.iter().map(|_| Arc::new(AtomicUsize::new(0))).collect();
    for (client, served) in polite.iter().zip(&served) {
        let (client, served, clock) = (client.clone(), Arc::clone(served), clock.clone());
        tasks.push(tokio::spawn(async move {
            loop {
                clock.sleep(EVERY).await;
                if client.customer("c1").location("l1").nodes().await.is_ok() {
                    served.fetch_add(1, Ordering::SeqCst);
                }
            }
        }));
    }
    for _ in 0..ROUNDS * 100 {
        clock.advance(EVERY / 100);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    let worst = served.iter().map(|served| served.load(Ordering::SeqCst)).min().unwrap();
    assert!(worst * 10 >= ROUNDS * 8, "the worst of the polite tenants had {worst} of {ROUNDS} calls");
    assert!(flooding.calls_made() > 100, "what the others leave is the flood's");
    let all: u64 = polite.iter().map(Client::calls_made).sum::<u64>() + flooding.calls_made();
    assert!(all <= 6 * 240 + 20, "{all} calls in 240 s");
}
