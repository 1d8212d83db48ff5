//! What a thread has to say to the window.

use std::sync::{Arc, Mutex, PoisonError};

/// Events that may wait; older ones are dropped first.
const MOST_EVENTS: usize = 64;

/// The newest view, which takes the place of one that nobody has taken, so that a slow window neither stalls a thread
/// nor sees an old picture; and events, which are kept until they are taken. Neither side ever waits for the other.
pub(super) struct Mailbox<V, E> {
    waiting: Mutex<(Option<Arc<V>>, Vec<E>)>,
    /// Called when there is something new.
    wake: Box<dyn Fn() + Send + Sync>,
}

impl<V, E> Mailbox<V, E> {
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { waiting: Mutex::new((None, Vec::new())), wake: Box::new(wake) }
    }

    /// Shows this from now on.
    pub(super) fn publish(&self, view: V) {
        self.with(|(newest, _)| *newest = Some(Arc::new(view)));
        self.wake();
    }

    /// Says what must not be lost.
    pub(super) fn tell(&self, event: E) {
        self.with(|(_, events)| {
            if events.len() >= MOST_EVENTS {
                events.remove(0);
            }
            events.push(event);
        });
        self.wake();
    }

    /// The newest view, if there is a new one, and all events.
    pub(super) fn take(&self) -> (Option<Arc<V>>, Vec<E>) {
        self.with(std::mem::take)
    }

    /// There is something new to see.
    pub(super) fn wake(&self) {
        (self.wake)();
    }

    fn with<R>(&self, f: impl FnOnce(&mut (Option<Arc<V>>, Vec<E>)) -> R) -> R {
        // The lock protects two assignments; a panic between them leaves nothing half done.
        f(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
