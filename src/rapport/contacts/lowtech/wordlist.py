"""Pure: 256 words that are told apart on a bad line, one for each value of a byte.

[ours] Names of things, plants and animals, four to eight letters, chosen so that no two lie within two changed letters
of each other or of a letter of the spelling alphabet or a number, and no two have the same consonants when voiced and
voiceless ones are heard as the same. A word's place is its value: both ends have the same list, so it never changes.
"""

from __future__ import annotations

_LIST = """
acorn album almond anchor antler apple apricot apron aquarium archive artist atlas autumn avocado badge baker
balcony ballet bamboo banana barrel bicycle biscuit blanket blossom border bottle bread breeze broccoli broom bucket
buffalo bundle butter cabbage cabin cactus calendar camel canvas canyon carpet castle cellar cement cereal chalk
cheese cherry chestnut chimney cinema circle cliff clock clover cobalt coconut coffee compass concert copper cottage
cricket crocus crown crystal cucumber curtain cushion dancer dentist desert diamond diploma dolphin domino donkey
drawer drum eagle earth eclipse elbow elephant emerald envelope fabric farmer feather festival fiddle fisher flute
fossil fountain furnace gallery gardener garlic giraffe glacier gondola granite grape grocery guitar hamster harp
helmet hexagon horizon iceberg iguana insect invoice island ivory jaguar jasmine jelly jigsaw journal jumper
kangaroo kayak ketchup kingdom kiosk kitchen koala ladder lantern laundry lavender lemon leopard lettuce library
lizard lobster lunch macaroni magazine magnet magpie marathon marble meteor mineral mirror mitten mixture monument
mosaic museum mushroom mustard napkin needle notebook nursery oasis oatmeal ocean octopus onion opera orange orbit
orchid ostrich outfit palace parsley pavement peacock pebble pencil pendulum penguin perfume physics picnic pigeon
poppy postcard potato prism pudding pumpkin puzzle pyramid quilt rabbit radish railway rainbow raisin reindeer
ribbon rosemary rubber runway salad sandal sapphire scissors scooter shelter shrimp silver sketch slipper snail
sparrow spider spinach spiral sponge spring squirrel stable stadium suitcase sunrise sunset swallow syrup tailor
tapestry teapot temple tennis textile thumb timber toast tortoise tractor trumpet tulip turtle twilight umbrella
vanilla village vinegar violin waffle walnut wheat window yacht zigzag
"""
WORDS: tuple[str, ...] = tuple(_LIST.split())
