//! Command lines and option lines as Slurm's commands take them.

/// Options with their values, in order, and what is no option.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    given: Vec<(String, Option<String>)>,
    pub(crate) rest: Vec<String>,
}

/// An option: its letter, its long name, and whether it takes a value.
pub(crate) type Known = (char, &'static str, bool);

/// No letter.
pub(crate) const LONG: char = '\0';

impl Options {
    /// Reads a command line. What follows the first word that is no option is left as it is when `stop_there`, as
    /// sbatch does; the others take options anywhere. The error is the text that the command would print.
    pub(crate) fn parse(words: &[String], known: &[Known], stop_there: bool) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            } else if let Some(long) = word.strip_prefix("--") {
                let (name, value) =
                    long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                // As with getopt, the beginning of a name will do.
                let found = known
                    .iter()
                    .find(|(_, full, _)| *full == name)
                    .or_else(|| known.iter().find(|(_, full, _)| full.starts_with(name)));
                let (_, full, takes) = found.ok_or_else(|| format!("unrecognized option '{word}'"))?;
                let value = match (takes, value) {
                    (true, None) => {
                        let next =
                            words.next().ok_or_else(|| format!("option '--{full}' requires an argument"))?;
                        Some(next.clone())
                    }
                    (_, value) => value.map(String::from),
                };
                options.given.push(((*full).into(), value));
            } else if word.len() > 1 && word.starts_with('-') {
                options.letters(&word[1..], known, &mut words)?;
            } else {
                options.rest.push(word.clone());
                if stop_there {
                    break;
                }
            }
        }
        options.rest.extend(words.cloned());
        Ok(options)
    }

    fn letters<'a>(
        &mut self,
        letters: &str,
        known: &[Known],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let (_, full, takes) = known
                .iter()
                .find(|(short, _, _)| *short == letter)
                .ok_or_else(|| format!("invalid option -- '{letter}'"))?;
            if *takes {
                let rest = &letters[at + letter.len_utf8()..];
                let value = if rest.is_empty() { words.next().cloned() } else { Some(rest.to_string()) };
                let value = value.ok_or_else(|| format!("option requires an argument -- '{letter}'"))?;
                self.given.push(((*full).into(), Some(value)));
                return Ok(());
            }
            self.given.push(((*full).into(), None));
        }
        Ok(())
    }

    /// The last value given.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name)?.1.as_deref()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    /// These win over the script's.
    pub(crate) fn over(mut self, script: Options) -> Options {
        let mut given = script.given;
        given.append(&mut self.given);
        Options { given, rest: self.rest }
    }
}

/// The words of a script's `#SBATCH` lines, up to its first command.
pub(crate) fn of_script(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("#SBATCH") {
            words_of_line(rest, &mut words);
        } else if !line.starts_with('#') && !line.trim().is_empty() {
            break;
        }
    }
    words
}

/// One line's words: quotes group, a backslash takes the next letter as it is, `#` begins a remark.
fn words_of_line(line: &str, words: &mut Vec<String>) {
    let (mut word, mut begun, mut quote) = (String::new(), false, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', _) => {
                begun = true;
                word.extend(letters.next());
            }
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => (quote, begun) = (Some(letter), true),
            ('#', None) => break,
            (letter, None) if letter.is_whitespace() => {
                if begun {
                    words.push(std::mem::take(&mut word));
                    begun = false;
                }
            }
            _ => {
                begun = true;
                word.push(letter);
            }
        }
    }
    if begun {
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str], stop_there: bool) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
        let known =
            [('J', "job-name", true), ('a', "array", true), ('r', "requeue", false), (LONG, "mem", true)];
        Options::parse(&words, &known, stop_there)
    }

    #[test]
    fn options_are_read_in_all_their_shapes() {
        let options =
            parse(&["-J", "x", "--array=1-3", "-r", "--mem", "5", "a.sh", "-q"], true).expect("read");
        assert_eq!((options.value("job-name"), options.value("array")), (Some("x"), Some("1-3")));
        assert!(options.has("requeue"));
        assert_eq!((options.value("mem"), options.rest.join(" ")), (Some("5"), "a.sh -q".to_string()));
        assert_eq!(parse(&["--nosuch"], true), Err("unrecognized option '--nosuch'".into()));
        assert_eq!(parse(&["--mem"], true), Err("option '--mem' requires an argument".into()));
    }

    #[test]
    fn a_scripts_lines_are_read_until_its_first_command() {
        let script = "#!/bin/bash\n# remark\n#SBATCH --job-name=\"odd \\\"na'me | # x\" -r # more\n\
            #SBATCH --comment=pack\\job\nexec true\n#SBATCH --mem=5\n";
        assert_eq!(of_script(script), ["--job-name=odd \"na'me | # x", "-r", "--comment=packjob"]);
    }
}
