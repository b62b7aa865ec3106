//! `run`, `gather` and `plot` from outside, with a worker ([`gainsweep_testkit::workers::behaving`]) that
//! ends as it is told.

mod analyses;
mod endings;
mod figures;
mod many;
mod odd_tables;
mod outcomes;
mod precision;
mod programs;
mod python;
mod records;
mod stopping;
mod tables;
