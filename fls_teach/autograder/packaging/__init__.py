"""What leaves the house: the student distribution, the autograder's zip."""
