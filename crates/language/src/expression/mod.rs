//! Expressions over a cell's parameters: `hidden_units > 100 and modulator_input in ["x", "xy"]`,
//! `round(population_units / 10)`.
//!
//! The language is total: it has no loops, no definitions, no access to anything outside, and a bound on the
//! depth. Its numbers follow TOML's. Whole numbers are exact; an overflow is an error. Fractions are rounded
//! to 15 significant digits after each step: so `3 * 0.1` is 0.3, and a cell has one id however its values
//! were computed. Transcendental functions come from `libm`, which gives the same bits on every machine.
//!
//! Why no existing crate: the maintained ones compute only in floats, run programs, do not mix whole numbers
//! and fractions, or do not tell where in the text a mistake is.

mod evaluate;
mod kinds;
mod parse;
mod token;

use std::ops::Range;

use gainsweep_contract::Value;

pub(crate) use self::kinds::ValueKind;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    root: ExpressionNode,
}

/// A mistake at a place (bytes of the expression's text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpressionFault {
    pub(crate) place: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl ExpressionFault {
    fn new(place: Range<usize>, message: impl Into<String>) -> ExpressionFault {
        ExpressionFault { place, message: message.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> ExpressionFault {
        ExpressionFault { hint: Some(hint.into()), ..self }
    }
}

/// A part of an expression and its place.
#[derive(Clone, Debug, PartialEq)]
struct ExpressionNode {
    term: Term,
    place: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Literal(Value),
    Name(String),
    Not(Box<ExpressionNode>),
    Negative(Box<ExpressionNode>),
    Binary(Operator, Box<ExpressionNode>, Box<ExpressionNode>),
    /// `value in [a, b]`.
    In(Box<ExpressionNode>, Vec<ExpressionNode>),
    Call(Function, Vec<ExpressionNode>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Compare(Comparison),
    Compute(Arithmetic),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
    /// Division of whole numbers, rounded down.
    FloorOver,
    Remainder,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    If,
    OfOne(NumberFunction),
}

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberFunction {
    Abs,
    Floor,
    Ceil,
    Round,
    Sqrt,
    Exp,
    Log,
    Log2,
    Log10,
}

impl Function {
    const ALL: [(&'static str, Function); 12] = [
        ("min", Function::Min),
        ("max", Function::Max),
        ("abs", Function::OfOne(NumberFunction::Abs)),
        ("floor", Function::OfOne(NumberFunction::Floor)),
        ("ceil", Function::OfOne(NumberFunction::Ceil)),
        ("round", Function::OfOne(NumberFunction::Round)),
        ("sqrt", Function::OfOne(NumberFunction::Sqrt)),
        ("exp", Function::OfOne(NumberFunction::Exp)),
        ("log", Function::OfOne(NumberFunction::Log)),
        ("log2", Function::OfOne(NumberFunction::Log2)),
        ("log10", Function::OfOne(NumberFunction::Log10)),
        ("if", Function::If),
    ];

    fn name(self) -> &'static str {
        Function::ALL.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first part that is not understood.
    pub(crate) fn parse(text: &str) -> Result<Expression, ExpressionFault> {
        parse::parse(text).map(|root| Expression { root })
    }

    /// The parameters in it, one entry for each occurrence.
    pub(crate) fn names(&self) -> Vec<(&str, Range<usize>)> {
        let mut names = Vec::new();
        self.root.visit(&mut |node| {
            if let Term::Name(name) = &node.term {
                names.push((name.as_str(), node.place.clone()));
            }
        });
        names
    }

    /// Its place in its text.
    pub(crate) fn place(&self) -> Range<usize> {
        self.root.place.clone()
    }

    /// The kind of its value, given the kinds of the parameters.
    ///
    /// # Errors
    /// Parts whose kinds do not fit together.
    pub(crate) fn kind(&self, of: &dyn Fn(&str) -> ValueKind) -> Result<ValueKind, ExpressionFault> {
        kinds::kind(&self.root, of)
    }

    /// Its value; `None` if it needs a parameter that the cell does not have. A comparison with such a
    /// parameter is false.
    ///
    /// # Errors
    /// Division by zero, numbers that are too large, values whose kinds do not fit together.
    pub(crate) fn evaluate(
        &self,
        lookup: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Option<Value>, ExpressionFault> {
        evaluate::evaluate(&self.root, lookup)
    }

    /// Comparisons of a parameter with a value, to check whether the parameter can have that value.
    pub(crate) fn equalities(&self) -> Vec<(&str, &Value, Range<usize>)> {
        let mut found = Vec::new();
        self.root.visit(&mut |node| match &node.term {
            Term::Binary(Operator::Compare(Comparison::Equal | Comparison::Unequal), one, other) => {
                for (name, value) in [(one, other), (other, one)] {
                    if let (Term::Name(name), Term::Literal(literal)) = (&name.term, &value.term) {
                        found.push((name.as_str(), literal, value.place.clone()));
                    }
                }
            }
            Term::In(value, items) => {
                for item in items {
                    if let (Term::Name(name), Term::Literal(literal)) = (&value.term, &item.term) {
                        found.push((name.as_str(), literal, item.place.clone()));
                    }
                }
            }
            Term::Literal(_)
            | Term::Name(_)
            | Term::Not(_)
            | Term::Negative(_)
            | Term::Binary(..)
            | Term::Call(..) => {}
        });
        found
    }
}

impl ExpressionNode {
    fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a ExpressionNode)) {
        see(self);
        match &self.term {
            Term::Literal(_) | Term::Name(_) => {}
            Term::Not(inner) | Term::Negative(inner) => inner.visit(see),
            Term::Binary(_, one, other) => {
                one.visit(see);
                other.visit(see);
            }
            Term::In(value, items) => {
                value.visit(see);
                for item in items {
                    item.visit(see);
                }
            }
            Term::Call(_, arguments) => {
                for argument in arguments {
                    argument.visit(see);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
