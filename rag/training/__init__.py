"""Makes what the package ships and users can refit: nothing at serve time imports it."""
