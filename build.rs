//! `sqlx::migrate!` does not notice new migration files by itself; this makes cargo look.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
