//! Plain named arrays: the type at every interface of this crate.

use std::collections::BTreeMap;

/// Arrays by name, in the order of their names.
pub type Arrays = BTreeMap<String, Array>;

/// A dense array of `f32` in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Array {
    /// An array of this shape from its elements in row-major order.
    ///
    /// # Panics
    /// If the number of elements is not the product of the shape.
    pub fn new(shape: &[usize], data: Vec<f32>) -> Array {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "elements of an array of shape {shape:?}");
        Array { shape: shape.to_vec(), data }
    }

    /// An array of zeros.
    pub fn zeros(shape: &[usize]) -> Array {
        Array::new(shape, vec![0.0; shape.iter().product()])
    }

    /// An array whose elements are computed one by one, in row-major order.
    pub fn fill_with(shape: &[usize], element: impl FnMut() -> f32) -> Array {
        let mut data = Vec::new();
        data.resize_with(shape.iter().product(), element);
        Array::new(shape, data)
    }

    /// One number.
    pub fn scalar(value: f32) -> Array {
        Array::new(&[1], vec![value])
    }

    /// Sizes of the dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in row-major order.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The elements in row-major order, to change.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// The elements in row-major order, by value.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }

    /// Elements in one row: the product of all sizes but the first.
    pub fn row_len(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// Row `index` of the first dimension.
    pub fn row(&self, index: usize) -> &[f32] {
        let length = self.row_len();
        &self.data[index * length..(index + 1) * length]
    }

    /// Rows `start..end` of the first dimension.
    #[must_use]
    pub fn rows(&self, start: usize, end: usize) -> Array {
        let length = self.row_len();
        let mut shape = self.shape.clone();
        shape[0] = end - start;
        Array::new(&shape, self.data[start * length..end * length].to_vec())
    }

    /// The same elements in another shape.
    ///
    /// # Panics
    /// If the shapes have different numbers of elements.
    #[must_use]
    pub fn reshape(self, shape: &[usize]) -> Array {
        Array::new(shape, self.data)
    }

    /// Is every element finite?
    pub fn is_finite(&self) -> bool {
        self.data.iter().all(|element| element.is_finite())
    }
}
