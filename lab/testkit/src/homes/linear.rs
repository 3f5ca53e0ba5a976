//! Growing shapes of responses, to check that the work grows no faster.

use std::fmt::Write as _;

use crate::homes::bodies::Bodies;

/// A shape: its name, and a function that makes a body of about this many elements.
pub type Shape = (&'static str, fn(usize) -> Bodies);

/// Shapes that were once superlinear, and similar ones.
pub const SHAPES: [Shape; 16] = [
    ("nodes", |size| nodes(&each(size, |number| node(number, "[]", "")))),
    ("one node many times", |size| nodes(&each(size, |_| node(1, "[]", "")))),
    ("disconnected nodes in a chain", |size| {
        nodes(&each(size, |number| {
            let way = format!(r#"[{{"id":"TST{}"}}]"#, number + 1);
            node(number, &way, "dis")
        }))
    }),
    ("nodes in a circle", |size| {
        nodes(&each(size, |number| {
            let way = format!(r#"[{{"id":"TST{}"}}]"#, (number + 1) % size);
            node(number, &way, "dis")
        }))
    }),
    ("a long way", |size| {
        nodes(&format!("[{}]", node(0, &each(size, |number| format!(r#"{{"id":"TST{number}"}}"#)), "dis")))
    }),
    ("a long name", |size| nodes(&format!(r#"[{{"id":"TST0","nickname":"{}"}}]"#, "Z\u{301}".repeat(size)))),
    ("many alerts", |size| {
        let alerts = each(size, |number| format!(r#"{{"type":"kind{number}"}}"#));
        nodes(&format!(r#"[{{"id":"TST0","connectionState":"connected","alerts":{alerts}}}]"#))
    }),
    ("a long key with nulls", |size| {
        nodes(&format!(r#"[{{"id":"TST0","{}":{}}}]"#, "k".repeat(size), each(size, |_| "null".to_owned())))
    }),
    ("many unknown fields", |size| {
        let mut fields = String::new();
        for number in 0..size {
            // Writing to a String cannot fail.
            let _ = write!(fields, r#","field{number}":{number}"#);
        }
        nodes(&format!(r#"[{{"id":"TST0"{fields}}}]"#))
    }),
    ("elements of another kind", |size| nodes(&each(size, |number| number.to_string()))),
    ("devices that are away", |size| devices(&each(size, |number| device(number, "dis")))),
    ("one device many times", |size| devices(&each(size, |_| device(1, "dis")))),
    ("classes", |size| qoe(each(size, |number| format!(r#"{{"trafficClass":"c{number}","score":1}}"#)))),
    ("nested classes", |size| {
        qoe(each(size / 12, |_| format!("{}1{}", r#"{"qoe":"#.repeat(12), "}".repeat(12))))
    }),
    ("classes by name", |size| {
        let classes: Vec<String> =
            (0..size).map(|number| format!(r#""c{number}":{{"qoe":"poor"}}"#)).collect();
        qoe(format!("{{{}}}", classes.join(",")))
    }),
    ("empty lists", |size| qoe(each(size, |_| "[[]]".to_owned()))),
];

fn each(size: usize, one: impl FnMut(usize) -> String) -> String {
    format!("[{}]", (0..size).map(one).collect::<Vec<_>>().join(","))
}

fn node(number: usize, way: &str, state: &str) -> String {
    format!(r#"{{"id":"TST{number}","connectionState":"{state}connected","leafToRoot":{way}}}"#)
}

fn device(number: usize, state: &str) -> String {
    format!(
        r#"{{"mac":"02:00:00:{:02x}:{:02x}:{:02x}","connectionState":"{state}connected"}}"#,
        number >> 16 & 255,
        number >> 8 & 255,
        number & 255
    )
}

fn nodes(body: &str) -> Bodies {
    Bodies { nodes: Some(body.to_owned()), ..Bodies::default() }
}

fn devices(body: &str) -> Bodies {
    let node = node(0, "[]", "");
    Bodies { nodes: Some(format!("[{node}]")), devices: Some(body.to_owned()), ..Bodies::default() }
}

fn qoe(body: String) -> Bodies {
    Bodies { qoe: Some(body), ..Bodies::default() }
}
