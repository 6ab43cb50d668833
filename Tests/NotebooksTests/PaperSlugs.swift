// The claims that notebooks must exist for.

import LipschitzDynamics

enum PaperSlugs { static let all = PaperClaims.slugs }
