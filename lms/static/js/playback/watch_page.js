// All modules of the watch page, in one file.

import "./watch.js";
import "./player_labels.js";
import "./side_panels.js";
import "../handouts/page_viewer.js";
import "../certificates/card.js";
