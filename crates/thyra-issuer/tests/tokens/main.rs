//! Several processes that share one Redis, as replicas of a server do.

mod replica;
mod replicas;
