//! Cranks against scripted clusters; with a real bank they are tested where the bank is.
