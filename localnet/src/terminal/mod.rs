//! What a person sees: amounts, tables, a chart, signs of life.

mod amount;
mod bar;
mod chart;
mod table;

pub use {
    amount::{Percent, Rate, Sol, Tokens, count, counted, short_address},
    bar::Bar,
    chart::chart,
    table::{Align, Column, Table},
};
