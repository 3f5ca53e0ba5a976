//! Application quality of experience by traffic class. (`plume-api` models §8)

mod app_qoe;
mod rating;
mod reading;

pub use app_qoe::AppQoe;
pub use rating::{QoeRating, TrafficClassQoe};
