//! "Did you mean".

/// The candidate that someone who typed `typed` probably meant, if one is near. Case does not count.
pub(crate) fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let allowed = (typed.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (candidate, candidate.to_lowercase()))
        .map(|(candidate, plain)| (strsim::damerau_levenshtein(&typed, &plain), candidate, plain))
        .filter(|(distance, _, plain)| {
            *distance <= allowed || (typed.len() >= 3 && plain.starts_with(&typed))
        })
        .map(|(distance, candidate, _)| (distance, candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// A hint that names the nearest candidate, or all of them.
pub(crate) fn hint<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(typed, candidates.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if candidates.is_empty() => "nothing of that kind is defined".to_owned(),
        None => format!("there is {}", list(&candidates)),
    }
}

/// `a`, `b` and `c`.
pub(crate) fn list<S: AsRef<str>>(items: &[S]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("`{}`", item.as_ref())).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{hint, nearest};

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let known = ["privatelink", "nlb", "direct"];
        assert_eq!(nearest("privatlink", known), Some("privatelink"));
        assert_eq!(nearest("priv", known), Some("privatelink"));
        assert_eq!(nearest("nbl", known), Some("nlb"));
        assert_eq!(nearest("NLB", known), Some("nlb"));
        assert_eq!(nearest("mainframe", known), None);
        assert_eq!(hint("mainframe", known), "there is `privatelink`, `nlb` and `direct`");
    }
}
