//! Takes out of a file what only its tests see.

use std::mem;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};

/// Takes out of a file every item, statement, field and arm under `#[cfg(test)]`.
pub(crate) fn remove_tests(file: &mut syn::File) {
    Remover.visit_file_mut(file);
}

struct Remover;

impl VisitMut for Remover {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        file.items.retain(is_kept);
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(is_kept);
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        block.items.retain(is_kept);
        visit_mut::visit_item_impl_mut(self, block);
    }

    fn visit_item_trait_mut(&mut self, block: &mut syn::ItemTrait) {
        block.items.retain(is_kept);
        visit_mut::visit_item_trait_mut(self, block);
    }

    fn visit_item_enum_mut(&mut self, item: &mut syn::ItemEnum) {
        retain(&mut item.variants);
        visit_mut::visit_item_enum_mut(self, item);
    }

    fn visit_fields_named_mut(&mut self, fields: &mut syn::FieldsNamed) {
        retain(&mut fields.named);
        visit_mut::visit_fields_named_mut(self, fields);
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(is_kept);
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_match_mut(&mut self, matched: &mut syn::ExprMatch) {
        matched.arms.retain(is_kept);
        visit_mut::visit_expr_match_mut(self, matched);
    }

    fn visit_expr_struct_mut(&mut self, value: &mut syn::ExprStruct) {
        retain(&mut value.fields);
        visit_mut::visit_expr_struct_mut(self, value);
    }
}

fn retain<T: ToTokens, P: Default>(list: &mut Punctuated<T, P>) {
    *list = mem::take(list).into_iter().filter(is_kept).collect();
}

/// Whether no attribute in front of a piece of syntax says that only tests see it.
fn is_kept(syntax: &impl ToTokens) -> bool {
    let mut tokens = syntax.to_token_stream().into_iter();
    while let (Some(TokenTree::Punct(hash)), Some(TokenTree::Group(attribute))) =
        (tokens.next(), tokens.next())
    {
        if hash.as_char() != '#' {
            break;
        }
        if let Ok(syn::Meta::List(meta)) = syn::parse2(attribute.stream())
            && meta.path.is_ident("cfg")
            && is_for_tests(meta.tokens)
        {
            return false;
        }
    }
    true
}

/// Whether a condition of `cfg` holds in tests only.
fn is_for_tests(condition: TokenStream) -> bool {
    match syn::parse2(condition) {
        Ok(syn::Meta::Path(path)) => path.is_ident("test"),
        Ok(syn::Meta::List(list)) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
            .is_ok_and(|all| {
                all.into_iter()
                    .any(|one| is_for_tests(one.into_token_stream()))
            }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_of(source: &str) -> String {
        let mut file = syn::parse_file(source).unwrap();
        remove_tests(&mut file);
        file.into_token_stream().to_string()
    }

    #[test]
    fn what_only_tests_see_goes() {
        let left = left_of(
            "#[cfg(test)] mod tests; \
             #[derive(Debug)] #[cfg(all(test, unix))] struct Gone; \
             struct A { a: u8, #[cfg(test)] gone: u8 } \
             enum B { C, #[cfg(test)] Gone } \
             impl A { #[cfg(test)] fn gone() {} \
                 fn f() -> A { #[cfg(test)] gone(); match 1 { #[cfg(test)] 2 => gone(), _ => {} } \
                     A { a: 1, #[cfg(test)] gone: 2 } } }",
        );
        assert!(!left.to_lowercase().contains("gone"), "{left}");
        assert!(!left.contains("tests"), "{left}");
        assert!(left.contains("struct A { a : u8"), "{left}");
    }

    #[test]
    fn what_others_see_as_well_stays() {
        let source =
            "#[cfg(any(test, unix))] struct A; #[cfg(not(test))] struct B; #[cfg(unix)] struct C;";
        let left = left_of(source);
        for name in ["A", "B", "C"] {
            assert!(left.contains(&format!("struct {name}")), "{left}");
        }
    }
}
