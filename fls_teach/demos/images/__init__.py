"""Parts shared by the demos on images: trained grids, and figures of them."""
