//! From tokens to an expression. Operator precedence, loosest first: `or`, `and`, `not`, comparisons and
//! `in`, `+ -`, `* / // %`, the sign, `^`.

use std::ops::Range;

use gainsweep_contract::schema::nearest;

use super::token::{Token, TokenKind, tokens};
use super::{Arithmetic, Comparison, ExpressionFault, ExpressionNode, Function, Operator, Term};

/// Deepest nesting: far more than a person writes, far less than the stack holds.
const DEEPEST: usize = 64;
/// Most tokens: a long sum is as deep as it is long.
const MOST_WORDS: usize = 1000;

const EXAMPLE: &str = "for example `hidden_units > 100 and tau >= 10`";

pub(super) fn parse(text: &str) -> Result<ExpressionNode, ExpressionFault> {
    let tokens = tokens(text)?;
    if tokens.len() > MOST_WORDS {
        return Err(ExpressionFault::new(
            0..text.len(),
            format!("this expression has more than {MOST_WORDS} words"),
        ));
    }
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, end: text.trim_end().len() };
    if tokens.is_empty() {
        return Err(ExpressionFault::new(0..text.len(), "the expression is empty").hint(EXAMPLE));
    }
    let root = parser.expression(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(root),
        Some(token) => Err(parser.unexpected(token)),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    end: usize,
}

/// How tightly an operator binds, and the operator. Powers bind to the right.
fn binary(token: &Token) -> Option<(u8, Operator)> {
    Some(match &token.kind {
        TokenKind::Word(word) if word == "or" => (1, Operator::Or),
        TokenKind::Word(word) if word == "and" => (2, Operator::And),
        TokenKind::Symbol(symbol) => match *symbol {
            "==" => (COMPARISON, Operator::Compare(Comparison::Equal)),
            "!=" => (COMPARISON, Operator::Compare(Comparison::Unequal)),
            "<" => (COMPARISON, Operator::Compare(Comparison::Below)),
            "<=" => (COMPARISON, Operator::Compare(Comparison::AtMost)),
            ">" => (COMPARISON, Operator::Compare(Comparison::Above)),
            ">=" => (COMPARISON, Operator::Compare(Comparison::AtLeast)),
            "+" => (5, Operator::Compute(Arithmetic::Plus)),
            "-" => (5, Operator::Compute(Arithmetic::Minus)),
            "*" => (6, Operator::Compute(Arithmetic::Times)),
            "/" => (6, Operator::Compute(Arithmetic::Over)),
            "//" => (6, Operator::Compute(Arithmetic::FloorOver)),
            "%" => (6, Operator::Compute(Arithmetic::Remainder)),
            "^" => (POWER, Operator::Compute(Arithmetic::Power)),
            _ => return None,
        },
        TokenKind::Literal(_) | TokenKind::Word(_) => return None,
    })
}

const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const SIGN: u8 = 7;
const POWER: u8 = 8;

fn is_word(token: &Token, wanted: &str) -> bool {
    matches!(&token.kind, TokenKind::Word(word) if word == wanted)
}

impl Parser<'_> {
    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, symbol: &str) -> Option<Range<usize>> {
        let token =
            self.peek().filter(|token| matches!(token.kind, TokenKind::Symbol(here) if here == symbol))?;
        let place = token.place.clone();
        self.at += 1;
        Some(place)
    }

    fn unexpected(&self, token: &Token) -> ExpressionFault {
        let written = match &token.kind {
            TokenKind::Word(word) => format!("`{word}`"),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::Literal(value) => value.to_toml(),
        };
        let fault = ExpressionFault::new(token.place.clone(), format!("{written} is not expected here"));
        let after_value = self.at > 0 && self.at <= self.tokens.len();
        match &token.kind {
            TokenKind::Literal(_) | TokenKind::Word(_) if after_value && binary(token).is_none() => {
                fault.hint("an operator is missing before it: `==`, `<`, `and`, `+` ...")
            }
            TokenKind::Symbol(")" | "]") => fault.hint("is the opening bracket missing?"),
            TokenKind::Literal(_) | TokenKind::Word(_) | TokenKind::Symbol(_) => fault.hint(EXAMPLE),
        }
    }

    fn missing(&self) -> ExpressionFault {
        let last = self.tokens.last().map_or(0..self.end, |token| token.place.clone());
        ExpressionFault::new(last, "the expression ends too early").hint("a value is missing after this")
    }

    /// An expression whose operators all bind tighter than `least`.
    fn expression(&mut self, least: u8) -> Result<ExpressionNode, ExpressionFault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let place = self.peek().map_or(0..self.end, |token| token.place.clone());
            return Err(ExpressionFault::new(
                place,
                format!("the expression is nested deeper than {DEEPEST} times"),
            ));
        }
        let mut left = self.operand()?;
        while let Some(token) = self.peek() {
            if is_word(token, "in") || is_word(token, "not") {
                if COMPARISON <= least {
                    break;
                }
                left = self.membership(left)?;
                continue;
            }
            let Some((binding, operator)) = binary(token).filter(|(binding, _)| *binding > least) else {
                break;
            };
            let place = token.place.clone();
            self.at += 1;
            let right = self.expression(if binding == POWER { SIGN } else { binding })?;
            if binding == COMPARISON
                && let Some(again) =
                    self.peek().filter(|next| binary(next).is_some_and(|(b, _)| b == COMPARISON))
            {
                return Err(ExpressionFault::new(
                    place.start..again.place.end,
                    "comparisons cannot be chained",
                )
                .hint("write `1 < tau and tau < 10`"));
            }
            let span = left.place.start..right.place.end;
            left =
                ExpressionNode { term: Term::Binary(operator, Box::new(left), Box::new(right)), place: span };
        }
        self.depth -= 1;
        Ok(left)
    }

    /// `in [..]` or `not in [..]` after a value.
    fn membership(&mut self, value: ExpressionNode) -> Result<ExpressionNode, ExpressionFault> {
        let negated = self.peek().is_some_and(|token| is_word(token, "not"));
        if negated {
            self.at += 1;
        }
        let Some(token) = self.peek().cloned() else { return Err(self.missing()) };
        if !is_word(&token, "in") {
            return Err(self.unexpected(&token));
        }
        self.at += 1;
        if self.take("[").is_none() {
            return Err(ExpressionFault::new(token.place, "`in` needs a list in brackets")
                .hint("for example `modulator_input in ['x', 'xy']`"));
        }
        let (items, end) = self.items("]", token.place.start)?;
        let place = value.place.start..end;
        let inside = ExpressionNode { term: Term::In(Box::new(value), items), place: place.clone() };
        Ok(if negated { ExpressionNode { term: Term::Not(Box::new(inside)), place } } else { inside })
    }

    /// Expressions with commas up to a closing bracket, and where the bracket ends.
    fn items(&mut self, close: &str, start: usize) -> Result<(Vec<ExpressionNode>, usize), ExpressionFault> {
        let mut items = Vec::new();
        loop {
            if let Some(place) = self.take(close) {
                return Ok((items, place.end));
            }
            items.push(self.expression(0)?);
            if self.take(",").is_some() {
                continue;
            }
            return match self.take(close) {
                Some(place) => Ok((items, place.end)),
                None => match self.peek() {
                    Some(token) => Err(self.unexpected(token)),
                    None => Err(ExpressionFault::new(
                        start..self.end,
                        format!("the bracket `{close}` is missing"),
                    )),
                },
            };
        }
    }

    fn operand(&mut self) -> Result<ExpressionNode, ExpressionFault> {
        let Some(token) = self.next().cloned() else { return Err(self.missing()) };
        let start = token.place.start;
        match token.kind {
            TokenKind::Literal(value) => {
                Ok(ExpressionNode { term: Term::Literal(value), place: token.place })
            }
            TokenKind::Word(word) if word == "not" => {
                let inner = self.expression(NOT)?;
                Ok(ExpressionNode { place: start..inner.place.end, term: Term::Not(Box::new(inner)) })
            }
            TokenKind::Word(ref word) if ["and", "or", "in"].contains(&word.as_str()) => {
                self.at -= 1;
                Err(ExpressionFault::new(token.place.clone(), format!("a value is missing before `{word}`"))
                    .hint(EXAMPLE))
            }
            TokenKind::Word(word) => {
                if self.take("(").is_some() {
                    return self.call(&word, token.place);
                }
                Ok(ExpressionNode { term: Term::Name(word), place: token.place })
            }
            TokenKind::Symbol("(") => {
                let mut inner = self.expression(0)?;
                let Some(close) = self.take(")") else {
                    return Err(match self.peek() {
                        Some(token) => self.unexpected(token),
                        None => ExpressionFault::new(start..self.end, "the bracket `)` is missing"),
                    });
                };
                inner.place = start..close.end;
                Ok(inner)
            }
            TokenKind::Symbol("-") => {
                let inner = self.expression(SIGN)?;
                Ok(ExpressionNode { place: start..inner.place.end, term: Term::Negative(Box::new(inner)) })
            }
            TokenKind::Symbol("+") => self.expression(SIGN),
            TokenKind::Symbol(symbol) => {
                Err(ExpressionFault::new(token.place, format!("a value is missing before `{symbol}`"))
                    .hint(EXAMPLE))
            }
        }
    }

    fn call(&mut self, name: &str, place: Range<usize>) -> Result<ExpressionNode, ExpressionFault> {
        let Some(function) =
            Function::ALL.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
        else {
            let fault = ExpressionFault::new(place, format!("unknown function `{name}`"));
            let known = Function::ALL.map(|(known, _)| known);
            return Err(match nearest(name, known) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault.hint(format!("the functions are {}", known.join(", "))),
            });
        };
        let (arguments, end) = self.items(")", place.start)?;
        let wanted = match function {
            Function::Min | Function::Max => 1..=usize::MAX,
            Function::If => 3..=3,
            Function::OfOne(_) => 1..=1,
        };
        if !wanted.contains(&arguments.len()) {
            let takes = match function {
                Function::Min | Function::Max => "at least one value",
                Function::If => "three values: if(condition, value, other)",
                Function::OfOne(_) => "one value",
            };
            return Err(ExpressionFault::new(
                place.start..end,
                format!("`{name}` takes {takes}, got {}", arguments.len()),
            ));
        }
        Ok(ExpressionNode { term: Term::Call(function, arguments), place: place.start..end })
    }
}
