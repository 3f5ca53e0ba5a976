//! Files at Telegram: their paths and contents (core.telegram.org/bots/api#getfile).

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::client::{Api, file_limits};
use crate::api::error::ApiError;

/// Maximum size of a download at Telegram.
const MAX_DOWNLOAD: usize = 20 << 20;

/// A file at Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// The size, if it is known.
    pub size: Option<u64>,
    /// The path for the download, valid for at least an hour. A local Bot API server (`--local`) returns a path of its disk.
    pub path: String,
}

impl File {
    /// Creates a file of a known path.
    #[must_use]
    pub fn at(path: &str) -> Self {
        Self { size: None, path: path.to_owned() }
    }
}

impl Api {
    /// Returns the path of a file, by the id in [`Content::NotText`](crate::Content::NotText).
    ///
    /// # Errors
    ///
    /// [`ApiError`] if Telegram refused the call or did not respond as expected.
    pub async fn file(&self, id: &str) -> Result<File, ApiError> {
        let file = self.call(&Call::method("getFile", json!({ "file_id": id }))).await?;
        let path = file.get("file_path").and_then(Value::as_str);
        let path = path.ok_or(ApiError::Unreadable { status: 200 })?.to_owned();
        Ok(File { size: file.get("file_size").and_then(Value::as_u64), path })
    }

    /// Downloads a file of up to 20 MB.
    ///
    /// # Errors
    ///
    /// [`ApiError`]. No request is sent for a path that leads out of the folder of files.
    pub async fn download(&self, file: &File) -> Result<Bytes, ApiError> {
        let leads_elsewhere = |part: &str| matches!(part, "" | "." | "..");
        if file.path.split('/').any(leads_elsewhere) || file.path.contains(['?', '#', '%', '\\']) {
            return Err(ApiError::not_sent("the path of the file leads out of the folder of files"));
        }
        let request = Request::get(self.uri("file/", &file.path)).body(Bytes::new());
        let answer = self.send(request, &file_limits().max_body_bytes(MAX_DOWNLOAD)).await?;
        match answer.status().as_u16() {
            200 => Ok(answer.into_body()),
            status => match self.read(&answer) {
                Err(error) => Err(error),
                Ok(_) => Err(ApiError::Unreadable { status }),
            },
        }
    }
}
