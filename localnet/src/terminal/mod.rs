//! Terminal output: amounts, tables, a chart, progress bars.

mod amount;
mod bar;
mod chart;
mod table;

pub use {
    amount::{Percent, Rate, Sol, Tokens, count, counted, short_address},
    bar::{Bar, spinner},
    chart::chart,
    table::write_table,
};
