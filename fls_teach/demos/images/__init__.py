"""What the demos on images share: trained grids, and pictures of them."""
