//! How texts are stated: once, with all languages beside each other.

/// Declares a group of texts: a struct with a field for each text, and its value in each language.
///
/// An entry is `name: kind { en: …; zh: … }`; without one of the languages it does not compile.
/// The documentation of a field is what it says in English. The kinds are
///
/// * `str`, a line: `en: "Run"`;
/// * [`Named`](super::Named), a name and what it means: `en: "Run", "Learn on"`;
/// * `View`, a [`ViewText`](super::ViewText), a title and its help: `en: "Loss", "Cross entropy of …"`;
/// * `[str; 3]` and `[Named; 3]`, several: `en: ["one", "two", "three"]`;
/// * any other type by its name, or in parentheses if it is no single word, with a constant expression of it:
///   `(fn(usize) -> String) { en: |n| format!("{n} of them"); zh: … }`.
macro_rules! texts {
    (
        $(#[$about:meta])*
        pub struct $Group:ident;
        $($(#[$more:meta])* $text:ident: $kind:tt { en: $($en:expr),+; zh: $($zh:expr),+ }),* $(,)?
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy)]
        pub struct $Group {
            $(
                #[doc = texts!(@doc $kind $($en),+)]
                #[doc = ""]
                $(#[$more])*
                pub $text: texts!(@type $kind),
            )*
        }

        impl $Group {
            /// English.
            pub(super) const EN: Self = Self { $($text: texts!(@value $kind $($en),+)),* };
            /// Simplified Chinese.
            pub(super) const ZH: Self = Self { $($text: texts!(@value $kind $($zh),+)),* };
        }
    };

    (@type str) => { &'static str };
    (@type View) => { $crate::text::ViewText };
    (@type [str; $n:expr]) => { [&'static str; $n] };
    (@type ($Type:ty)) => { $Type };
    (@type $Type:ty) => { $Type };

    (@value Named $name:expr, $meaning:expr) => { $crate::text::Named { name: $name, meaning: $meaning } };
    (@value View $title:expr, $help:expr) => { $crate::text::ViewText { title: $title, help: $help } };
    (@value $kind:tt $value:expr) => { $value };

    (@doc str $line:expr) => { concat!("“", $line, "”") };
    (@doc $kind:ident $name:expr, $meaning:expr) => { concat!("“", $name, "”: ", $meaning) };
    (@doc $kind:tt $value:expr) => { concat!("In English `", stringify!($value), "`") };
}

#[cfg(test)]
mod tests {
    use crate::text::Named;

    texts! {
        /// One text of each kind.
        pub struct Kinds;

        line: str { en: "line"; zh: "行" },
        named: Named { en: "name", "meaning"; zh: "名称", "意思" },
        view: View { en: "title", "help"; zh: "标题", "说明" },
        several: [str; 2] { en: ["one", "two"]; zh: ["一", "二"] },
        /// With an argument.
        built: (fn(usize) -> String) { en: |n| format!("{n} of them"); zh: |n| format!("{n} 个") },
    }

    #[test]
    fn a_text_of_every_kind_has_its_value_in_both_languages() {
        let said = |k: Kinds| [k.line, k.named.name, k.named.meaning, k.view.title, k.view.help, k.several[1]];
        assert_eq!(said(Kinds::EN), ["line", "name", "meaning", "title", "help", "two"]);
        assert_eq!(said(Kinds::ZH), ["行", "名称", "意思", "标题", "说明", "二"]);
        assert_eq!([Kinds::EN, Kinds::ZH].map(|k| (k.built)(2)), ["2 of them", "2 个"]);
    }
}
