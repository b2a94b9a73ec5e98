"""Headlines read by code: which listed names they speak of, in which mood, how alike they are, what they count for."""
