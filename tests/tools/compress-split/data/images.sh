# Makes COUNT gray pictures of 4 x 4 pixels in the folder images.
mkdir -p images
i=0
while [ $i -lt "$1" ]; do
    { echo "P2 4 4 255"; j=0; while [ $j -lt 16 ]; do echo $(((i * 37 + j * j * 11 + i * j) % 256)); j=$((j + 1)); done; } > images/$i.pgm
    i=$((i + 1))
done
