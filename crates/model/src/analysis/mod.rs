//! Analyses of tests: decoding of the sources, effective weights, principal components, planes and their angles.

pub mod decoding;
pub mod effective_weights;
pub mod subspace;
