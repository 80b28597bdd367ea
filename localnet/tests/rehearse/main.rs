//! A rehearsal takes over a pool of any state from its saved accounts, and reports errors of a folder.

mod bad_folders;
mod extended;
mod folder;
mod take_over;
