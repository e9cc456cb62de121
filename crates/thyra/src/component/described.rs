//! How a component is found by the name of its function.
//!
//! An attribute leaves an `async` function a function. What it changes is that the future which the
//! function returns knows its component, so a value that returns such a future says which component
//! it is.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// A future that knows of which component its function is.
pub trait Described {
    /// The component, as the attribute wrote it down.
    type Component: Default;
}

pin_project! {
    /// The future of an `async` function under an attribute.
    pub struct DescribedFuture<F, C> {
        #[pin]
        future: F,
        component: PhantomData<fn() -> C>,
    }
}

impl<F, C> DescribedFuture<F, C> {
    /// The future of a call of the function that is the component `C`.
    pub fn new(future: F) -> Self {
        Self {
            future,
            component: PhantomData,
        }
    }
}

impl<F: Future, C> Future for DescribedFuture<F, C> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(context)
    }
}

impl<F, C: Default> Described for DescribedFuture<F, C> {
    type Component = C;
}

impl<F, C> fmt::Debug for DescribedFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescribedFuture").finish_non_exhaustive()
    }
}

/// A function that says by its future which component it is. `Marker` are its parameters, which the
/// compiler infers.
pub trait ComponentFn<Marker> {
    /// The component.
    type Component: Default;
}

macro_rules! component_fn {
    (@of $($parameter:ident)*) => {
        impl<Function, Future_, $($parameter),*> ComponentFn<($($parameter,)*)> for Function
        where
            Function: Fn($($parameter),*) -> Future_,
            Future_: Described,
        {
            type Component = Future_::Component;
        }
    };
    () => {
        component_fn!(@of);
    };
    ($first:ident $($rest:ident)*) => {
        component_fn!(@of $first $($rest)*);
        component_fn!($($rest)*);
    };
}

// Up to as many parameters as the attributes allow.
component_fn!(A B C D E F G H I J K L M N O P Q R S T U V W X Y Z A1 B1 C1 D1 E1 F1);
