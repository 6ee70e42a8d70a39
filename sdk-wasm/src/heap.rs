//! The allocator: blocks in powers of two, one list of free ones for each size.
//!
//! A page pays for its bytes before its first event, and what the core allocates is small and short-lived. So
//! nothing is merged or split: a freed block waits for the next one of its size, at most half of a block is lost to
//! rounding, and what is left of the memory at hand when it does not do for a block is not come back to.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};

/// The smallest block, as a power of two: room for a pointer to the next free one, and any alignment in use.
const CLASS_MIN: u32 = 4;
const CLASSES: usize = 32;

/// Where memory comes from.
pub(crate) trait Source {
    /// At least so many bytes that nobody has, aligned to the smallest block: where they begin and how many they are. Null
    /// when there are none.
    fn take(&self, bytes: usize) -> (*mut u8, usize);
}

/// An allocator over a source.
pub(crate) struct Heap<S> {
    source: S,
    blocks: UnsafeCell<Blocks>,
}

struct Blocks {
    /// The first free block of each size; its first word is the address of the next.
    free: [*mut u8; CLASSES],
    /// What was never given out.
    fresh: *mut u8,
    fresh_bytes: usize,
}

impl<S> Heap<S> {
    pub(crate) const fn new(source: S) -> Self {
        let blocks = Blocks { free: [ptr::null_mut(); CLASSES], fresh: ptr::null_mut(), fresh_bytes: 0 };
        Self { source, blocks: UnsafeCell::new(blocks) }
    }
}

// SAFETY: a module without the atomics feature has one thread, and so has each test.
unsafe impl<S> Sync for Heap<S> {}

fn class_of(layout: Layout) -> u32 {
    usize::BITS - (layout.size().max(1 << CLASS_MIN) - 1).leading_zeros()
}

#[expect(clippy::cast_ptr_alignment, reason = "each block begins at a multiple of 16")]
// SAFETY: a block is either in one free list or given out, never both: it leaves the list, or the fresh bytes, before
// it is returned, and comes back only through `dealloc`. A block of class `c` has 2^c bytes, at least as many as the
// layout asks for. Each block begins at a multiple of 16 from the beginning of what the source gave, since all sizes are
// multiples of 16, and layouts that ask for more are refused.
unsafe impl<S: Source> GlobalAlloc for Heap<S> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class_of(layout);
        // SAFETY: nothing below calls back into the allocator, so this is the one reference.
        let blocks = unsafe { &mut *self.blocks.get() };
        if class as usize >= CLASSES || layout.align() > 1 << CLASS_MIN {
            return ptr::null_mut();
        }
        let free = blocks.free[class as usize];
        if !free.is_null() {
            // SAFETY: a free block's first word was written by `dealloc`.
            blocks.free[class as usize] = unsafe { free.cast::<*mut u8>().read() };
            return free;
        }
        let size = 1_usize << class;
        if blocks.fresh_bytes < size {
            let (fresh, bytes) = self.source.take(size);
            if fresh.is_null() {
                return fresh;
            }
            (blocks.fresh, blocks.fresh_bytes) = (fresh, bytes);
        }
        let block = blocks.fresh;
        // SAFETY: at least `size` fresh bytes are there.
        blocks.fresh = unsafe { block.add(size) };
        blocks.fresh_bytes -= size;
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`; the block has room for a pointer, and is nobody's now.
        unsafe {
            let free = &mut (&mut *self.blocks.get()).free[class_of(layout) as usize];
            block.cast::<*mut u8>().write(*free);
            *free = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller keeps the rules of `realloc`, so the new size makes a valid layout.
        unsafe {
            let grown = Layout::from_size_align_unchecked(bytes, layout.align());
            if class_of(grown) == class_of(layout) {
                return block;
            }
            let moved = self.alloc(grown);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(bytes));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// The module's own memory.
#[cfg(target_arch = "wasm32")]
pub(crate) struct Pages;

#[cfg(target_arch = "wasm32")]
impl Source for Pages {
    fn take(&self, bytes: usize) -> (*mut u8, usize) {
        const PAGE_BYTES: usize = 64 * 1024;
        let pages = bytes.div_ceil(PAGE_BYTES);
        match core::arch::wasm32::memory_grow::<0>(pages) {
            usize::MAX => (ptr::null_mut(), 0),
            former => ((former * PAGE_BYTES) as *mut u8, pages * PAGE_BYTES),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// Memory for `left` bytes.
    struct Store {
        left: Cell<usize>,
        given: RefCell<Vec<*mut [u128]>>,
    }

    impl Drop for Store {
        fn drop(&mut self) {
            for words in self.given.take() {
                // SAFETY: made by `take`, and the heap that used it is gone.
                drop(unsafe { Box::from_raw(words) });
            }
        }
    }

    impl Source for Store {
        fn take(&self, bytes: usize) -> (*mut u8, usize) {
            let bytes = bytes.next_multiple_of(256);
            if bytes > self.left.get() {
                return (ptr::null_mut(), 0);
            }
            self.left.set(self.left.get() - bytes);
            let words = Box::into_raw(vec![0_u128; bytes / 16].into_boxed_slice());
            self.given.borrow_mut().push(words);
            (words.cast(), bytes)
        }
    }

    fn heap(left: usize) -> Heap<Store> {
        Heap::new(Store { left: Cell::new(left), given: RefCell::default() })
    }

    #[test]
    fn blocks_do_not_overlap_and_come_back() {
        let heap = heap(1 << 20);
        let mut random = 7_u32;
        let mut held: Vec<(*mut u8, Layout, u8)> = Vec::new();
        for step in 0..2_000_u32 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let size = (random >> 8) as usize % 300 + 1;
            let layout = Layout::from_size_align(size, [1, 2, 4, 8, 16][step as usize % 5]).unwrap();
            let mark = step as u8;
            // SAFETY: each block is used within its layout, and given back once with the layout it has.
            unsafe {
                if random.is_multiple_of(3) && !held.is_empty() {
                    let (block, layout, mark) = held.swap_remove(random as usize / 3 % held.len());
                    assert!((0..layout.size()).all(|at| *block.add(at) == mark), "step {step}");
                    heap.dealloc(block, layout);
                } else if random % 3 == 1 && !held.is_empty() {
                    let (block, layout, mark) = held.pop().unwrap();
                    let grown = heap.realloc(block, layout, size);
                    let kept = layout.size().min(size);
                    assert!((0..kept).all(|at| *grown.add(at) == mark), "step {step}");
                    grown.write_bytes(mark, size);
                    held.push((grown, Layout::from_size_align(size, layout.align()).unwrap(), mark));
                } else {
                    let block = heap.alloc(layout);
                    assert_eq!(block as usize % layout.align(), 0);
                    block.write_bytes(mark, size);
                    held.push((block, layout, mark));
                }
            }
        }
    }

    #[test]
    fn freed_blocks_are_used_again() {
        let heap = heap(1_024);
        let layout = Layout::from_size_align(500, 8).unwrap();
        for _ in 0..100 {
            // SAFETY: the block is given back at once.
            unsafe {
                let block = heap.alloc(layout);
                assert!(!block.is_null());
                heap.dealloc(block, layout);
            }
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        // SAFETY: what is null is not used.
        unsafe {
            assert!(heap(64).alloc(Layout::from_size_align(4_096, 8).unwrap()).is_null());
            assert!(heap(4_096).alloc(Layout::from_size_align(64, 64).unwrap()).is_null());
        }
    }
}
