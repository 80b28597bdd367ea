//! A rehearsal takes over a pool from its saved accounts, whatever state it is in, and names what is wrong with a folder.

mod bad_folders;
mod extended;
mod folder;
mod take_over;
