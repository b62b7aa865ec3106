//! Names of logs: `%x-%A_%a.out`.

/// What stands for the letters.
#[derive(Clone, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) job_name: &'a str,
    pub(crate) array_job: u32,
    pub(crate) own_job: u32,
    pub(crate) task: Option<u32>,
    pub(crate) node: &'a str,
}

/// Fills in a pattern. A backslash anywhere turns all that off, and is itself dropped.
pub(crate) fn fill(pattern: &str, names: &Names) -> String {
    if pattern.contains('\\') {
        return pattern.replace('\\', "");
    }
    let mut filled = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            filled.push(letter);
            continue;
        }
        let mut width = String::new();
        while let Some(digit) = letters.next_if(char::is_ascii_digit) {
            width.push(digit);
        }
        let digits = width.parse().unwrap_or(0_usize).min(10);
        let number = |value: u32| format!("{value:0digits$}");
        match letters.next() {
            Some('%') | None => filled.push('%'),
            Some('x') => filled.push_str(names.job_name),
            Some('A') => filled.push_str(&number(names.array_job)),
            Some('a') => filled.push_str(&number(names.task.unwrap_or(u32::MAX - 1))),
            Some('j') => filled.push_str(&number(names.own_job)),
            Some('N') => filled.push_str(names.node),
            Some('n' | 't') => filled.push_str(&number(0)),
            Some(other) => filled.extend(['%', other]),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_as_slurm_fills_them() {
        let names = Names { job_name: "x y", array_job: 12, own_job: 15, task: Some(3), node: "node1" };
        for (pattern, expected) in [
            ("/a/%x-%A_%a.out", "/a/x y-12_3.out"),
            ("%j.%4a", "15.0003"),
            ("lo g%%A_%a", "lo g%A_3"),
            ("a\\%A", "a%A"),
            ("%N%q%", "node1%q%"),
        ] {
            assert_eq!(fill(pattern, &names), expected, "{pattern}");
        }
    }
}
