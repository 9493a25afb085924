// Additional modules of a watch page in a frame.

import "./watch.js";
import "./drawer.js";
import "./gradebook.js";
