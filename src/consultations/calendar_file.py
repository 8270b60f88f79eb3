"""The working calendar: public holidays, what KS has closed, and when its bodies meet."""
