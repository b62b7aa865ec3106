//! Analyses of tests: decoding of the sources, principal components, planes and their angles.

pub mod decoding;
pub mod subspace;
