// opened below
