"""变更登记: what is registered of a company changes – any of fourteen kinds at once, from one form."""
