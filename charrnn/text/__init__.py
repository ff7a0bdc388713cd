"""From files to batches: `sources` → `documents` → `corpus` → `split` → `tokenizers` → `dataset` → `batches`."""
